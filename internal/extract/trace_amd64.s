//go:build amd64

#include "go_asm.h"
#include "textflag.h"

// By the low half of a byte, the one byte of those with this half that ends what
// is plain in a string: the quote or the backslash, or one that is in no row.
DATA ending<>+0(SB)/8, $0x0000000000220001
DATA ending<>+8(SB)/8, $0x0000005c00000000
GLOBL ending<>(SB), RODATA|NOPTR, $16

DATA plains<>+0(SB)/1, $0x20 // the first that is no control character
GLOBL plains<>(SB), RODATA|NOPTR, $1

// Of the bytes from 0x40 on, a bit for each that may follow a backslash: \ b f n r t.
#define ESCAPES $0x0014404410000000

// func plainLooseAVX2(b *byte, from, size int, l *loose, before *byte, length int, room *change) (passed, changed, to, same int)
//
// Registers over the loop:
//	SI b  R8 where we are  DX the last place from which 32 bytes can be read
//	R10 the loose scalar  R11 where the next change goes  R12 changes  R15 passed
//	Y8, Y10 the bytes above
// At a loose scalar:
//	DI, CX what stands before it, and how many bytes  R13 the stencil's
//	BX the scalar in the record  AX its size
//
// Nothing is written of a loose scalar before it is passed. Of the stencil 32 bytes
// are read from any place in it, and what is behind the end left out (overread).
TEXT ·plainLooseAVX2(SB), NOSPLIT, $0-88
	MOVQ b+0(FP), SI
	MOVQ from+8(FP), R8
	MOVQ size+16(FP), DX
	MOVQ l+24(FP), R10
	MOVQ before+32(FP), DI
	MOVQ length+40(FP), CX
	MOVQ room+48(FP), R11
	MOVQ $-1, same+80(FP)
	XORL R12, R12
	XORL R15, R15
	ADDQ SI, R8
	LEAQ -32(SI)(DX*1), DX

	VBROADCASTI128 ending<>+0(SB), Y8
	VPBROADCASTB   plains<>+0(SB), Y10

scalar:
	LEAQ (R8)(CX*1), BX
	CMPQ BX, DX
	JHI  done
	CMPQ CX, $32
	JHI  long

	// What stands before is equal: of 32 bytes only those count that stand there.
	VMOVDQU   (R8), Y0
	VPCMPEQB  (DI), Y0, Y0
	VPMOVMSKB Y0, R9
	NOTL      R9
	NEGL      CX
	SHLQ      CX, R9
	JNE       differs

value:
	MOVQ    loose_own(R10), R13
	TESTQ   R13, R13
	JZ      end
	CMPB    (BX), $'"'
	JNE     bare

	// The string ends at the first quote that is not escaped.
	LEAQ 1(BX), CX

next:
	CMPQ      CX, DX
	JHI       done
	VMOVDQU   (CX), Y0
	VPSHUFB   Y0, Y8, Y1
	VPCMPGTB  Y0, Y10, Y2
	VPCMPEQB  Y0, Y1, Y1
	VPOR      Y1, Y2, Y1
	VPMOVMSKB Y1, R9
	ADDQ      $32, CX
	TESTL     R9, R9
	JZ        next
	BSFL      R9, R9
	LEAQ      -31(CX)(R9*1), AX
	CMPB      -1(AX), $'"'
	JNE       rare
	SUBQ      BX, AX

	// Is it the stencil's? It has as many bytes then.
kept:
	CMPQ      AX, (loose_own+8)(R10)
	JNE       another
	VMOVDQU   (BX), Y0
	VPCMPEQB  (R13), Y0, Y0
	VPMOVMSKB Y0, R9
	NOTL      R9
	CMPQ      AX, $32
	JHI       large
	MOVL      AX, CX
	NEGL      CX
	SHLQ      CX, R9
	JEQ       same

another:
	MOVL $const_looseMost, loose_score(R10)
	MOVL loose_scalar(R10), R9
	MOVL R9, change_scalar(R11)
	MOVQ BX, R9
	SUBQ SI, R9
	MOVL R9, change_from(R11)
	ADDQ AX, R9
	MOVL R9, change_to(R11)
	ADDQ $change__size, R11
	INCQ R12

passed:
	LEAQ (BX)(AX*1), R8
	INCQ R15
	ADDQ $loose__size, R10
	MOVQ loose_before(R10), DI
	MOVQ (loose_before+8)(R10), CX
	JMP  scalar

same:
	CMPL loose_score(R10), $0
	JLE  done
	DECL loose_score(R10)
	JMP  passed

	// More than 32 bytes, of which the first are compared: the others, the last
	// 32 once more.
large:
	TESTL R9, R9
	JNE   another
	LEAQ  -32(AX), CX
	XORL  DI, DI

same32:
	ADDQ      $32, DI
	CMPQ      DI, CX
	CMOVQHI   CX, DI
	VMOVDQU   (BX)(DI*1), Y0
	VPCMPEQB  (R13)(DI*1), Y0, Y0
	VPMOVMSKB Y0, R9
	INCL      R9
	JNE       another
	CMPQ      DI, CX
	JB        same32
	JMP       same

	// More than 32 bytes stand before: 64 a turn, and the last 64 once more, of
	// which there may be less.
long:
	XORL AX, AX
	SUBQ $64, CX
	JLE  last

next64:
	VMOVDQU   (R8)(AX*1), Y0
	VMOVDQU   32(R8)(AX*1), Y1
	VPCMPEQB  (DI)(AX*1), Y0, Y0
	VPCMPEQB  32(DI)(AX*1), Y1, Y1
	VPAND     Y0, Y1, Y2
	VPMOVMSKB Y2, R9
	INCL      R9
	JNE       differs64
	ADDQ      $64, AX
	CMPQ      AX, CX
	JB        next64
	MOVQ      CX, AX

last:
	VMOVDQU   (R8)(AX*1), Y0
	VMOVDQU   32(R8)(CX*1), Y1
	VPCMPEQB  (DI)(AX*1), Y0, Y0
	VPCMPEQB  32(DI)(CX*1), Y1, Y1
	VPAND     Y0, Y1, Y2
	VPMOVMSKB Y2, R9
	INCL      R9
	JEQ       value
	JMP       first32

differs64:
	MOVQ AX, CX

first32:
	VPMOVMSKB Y0, R9
	XORL      $-1, R9
	JNE       found
	VPMOVMSKB Y1, R9
	NOTL      R9
	LEAQ      32(CX), AX

found:
	BSFL R9, R9
	ADDQ R9, AX
	MOVQ AX, same+80(FP)
	JMP  done

differs:
	SHRQ CX, R9
	BSFL R9, R9
	MOVQ R9, same+80(FP)
	JMP  done

end:
	MOVQ BX, R8
	INCQ R15
	JMP  done

	// What is not plain is passed where it is an escape of two bytes, or a
	// character of two or three that is encoded as it should be.
rare:
	MOVBLZX -1(AX), R9
	CMPB    R9, $0x5c
	JEQ     escape
	SUBL    $0xc2, R9
	CMPL    R9, $0x1d // 0xc2 … 0xdf
	JHI     three
	LEAQ    1(AX), CX
	CMPQ    CX, DX
	JHI     done
	CMPB    (AX), $-64 // one that follows is less, with its sign
	JLT     next
	JMP     done

three:
	SUBL    $0x1f, R9
	CMPL    R9, $0x0e // 0xe1 … 0xef
	JHI     done
	CMPL    R9, $0x0c // 0xed
	JEQ     done
	LEAQ    2(AX), CX
	CMPQ    CX, DX
	JHI     done
	MOVWLZX (AX), R9
	ANDL    $0xc0c0, R9
	CMPL    R9, $0x8080
	JEQ     next
	JMP     done

escape:
	LEAQ    1(AX), CX
	CMPQ    CX, DX
	JHI     done
	MOVBLZX (AX), R9
	CMPB    R9, $'"'
	JEQ     next
	CMPB    R9, $'/'
	JEQ     next
	SUBL    $0x40, R9
	CMPL    R9, $63
	JHI     done
	MOVQ    ESCAPES, AX
	BTQ     R9, AX
	JCS     next
	JMP     done

	// What is no string: a word, or a number without exponent within 31 bytes.
bare:
	MOVBLZX (BX), R9
	CMPB R9, $'n'
	JNE  notNull
	MOVL $4, AX
	CMPL (BX), $0x6c6c756e // null
	JEQ  kept
	JMP  done

notNull:
	CMPB R9, $'t'
	JNE  notTrue
	MOVL $4, AX
	CMPL (BX), $0x65757274 // true
	JEQ  kept
	JMP  done

notTrue:
	CMPB R9, $'f'
	JNE  number
	MOVL $5, AX
	CMPL 1(BX), $0x65736c61 // alse
	JEQ  kept
	JMP  done

number:
	LEAQ    31(BX), DI
	MOVQ    BX, CX
	CMPB    R9, $'-'
	JNE     first
	INCQ    CX
	MOVBLZX (CX), R9

first:
	SUBL    $'0', R9
	CMPL    R9, $9
	JHI     done
	INCQ    CX
	TESTL   R9, R9
	MOVBLZX (CX), R9
	JNZ     whole
	LEAL    -'0'(R9), AX
	CMPL    AX, $9
	JLS     done
	JMP     point

digit:
	INCQ    CX
	CMPQ    CX, DI
	JHS     done
	MOVBLZX (CX), R9

whole:
	LEAL -'0'(R9), AX
	CMPL AX, $9
	JLS  digit

point:
	CMPB    R9, $'.'
	JNE     exponent
	INCQ    CX
	MOVBLZX (CX), R9
	SUBL    $'0', R9
	CMPL    R9, $9
	JHI     done

decimal:
	INCQ    CX
	CMPQ    CX, DI
	JHS     done
	MOVBLZX (CX), R9
	LEAL    -'0'(R9), AX
	CMPL    AX, $9
	JLS     decimal

exponent:
	ORL  $0x20, R9
	CMPB R9, $'e'
	JEQ  done
	MOVQ CX, AX
	SUBQ BX, AX
	JMP  kept

done:
	MOVQ R15, passed+56(FP)
	MOVQ R12, changed+64(FP)
	SUBQ SI, R8
	MOVQ R8, to+72(FP)
	VZEROUPPER
	RET
